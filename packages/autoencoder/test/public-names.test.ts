import { testPublicNames } from '@ae/testing/public-names';

testPublicNames(new URL('../', import.meta.url), {
  index:
    'Autoencoder AutoencoderError VariationalCode centerCrop coefficientsFor defaultPixels listBackends loadCheckpoint resumeTraining samplesToTensor useBackend valuesToSamples AutoencoderErrorCode AutoencoderOptions BackendInfo BackendName BackendOptions BackendStatus CheckpointChoice CheckpointSaved CodeSizes CoefficientsOptions Distribution Encoding EpochSummary ErrorParts EvaluateOptions Evaluation ImageInputs ImageOptions ImageShape ImageSource Images InitializationScheme InitializeOptions LinearStartOptions LoadPlace LoadedCheckpoint MaskInfo MaskMode NamedFile OptionDifference PassSummary Picture PixelFormat PresetName ReadRun ReconstructOptions ResumeOptions RunOptions Sample SampleSource SaveOptions SavePlace Shard SourceIdentity StartProgress StepProgress TrainOptions TrainingHistory TrainingWarning ValidationScore VariationalCodeArgs WeightCount',
  baselines:
    'JpegCoder Pca compareWithPca fitPca scorePca CompareOptions Comparison ComparisonGroup ComparisonRow JpegResult PcaComparison PcaComparisonOptions PcaOptions PcaScoreOptions RatePoint RivalMethod ScoredNetwork',
  codes:
    'codeBytes encodeNpy encodeTextNpy nearestNeighbors projectCodes quantizeCodes readCodesParquet writeCodesNpy writeCodesParquet CodeStream Codes EncodeOptions InterpolateOptions InterpolationMasks Neighbor NeighborOptions NpyOptions ProjectOptions Projection QuantizeOptions SampleImagesOptions',
  interchange:
    'exportKeras exportOnnx exportPyTorch importKeras importPyTorch importTfjs importTorch7 KerasImportOptions KerasOptions NetworkPart OnnxOptions PyTorchImportOptions PyTorchOptions TfjsImportOptions Torch7ImportOptions UnpoolingForm',
  native:
    'checkTensorflow defaultTensorflowCache findInstallation installTensorflow measureTraining removeTensorflow InstallStep InstallTensorflowOptions NativeOptions NativePackage TensorflowCheck TensorflowInstallation Wheel',
  report:
    'collectReport readSampleGrid renderComparison renderLivePage renderLiveRun renderReport CollectReportOptions LiveRun MaskScores Picture ReportClass ReportComparison ReportComparisonRow ReportData ReportEpoch ReportExample ReportLatent ReportModel ReportRun ReportSource SpriteSheet',
  runs: 'checkNewRun estimateRun fitTime readConfigFile readRunConfig startFolder Amount DataDescription Resumption RunConfig RunEstimate TimeFit Trainable',
  scores:
    'bestImages imageError mergeEvaluations msSsimWeights psnrDb rankImages scoresByClass scoresToCsv similarity worstImages ClassScores EvaluationPart ImageError ImageScores ScoreName ScoreSummary Scores Similarity SimilarityOptions',
  torchrun: 'handOver torchrun Elsewhere HandOverOptions LmdbPlace TorchrunOptions',
  options:
    'isInRange networkOptions rangeInWords recipeFor recipeKeys recipes resolveRecipe runOptions schedules trainingOptions AnyOption AugmentationOptions Choice ChoiceOption EarlyStoppingOptions GroupOption LossName LossOptions NamedRecipe NumberOption NumberRange OptimizerName OptimizerOptions OptionTable Problem Recipe RecipeName RecordOptions ScheduleChoice ScheduleOptions SchedulePolicy StepsOption SwitchOption ValueOf ValuesOf WordOption',
});
