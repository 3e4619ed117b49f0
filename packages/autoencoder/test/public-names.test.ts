import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json';

/** The names that an entry exports, types among them. */
function namesOf(entry: string): string[] {
  const file = entry === 'index' ? entry : `entries/${entry}`;
  const source = readFileSync(new URL(`../src/${file}.ts`, import.meta.url), 'utf8');
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from/gm)].map(([, list]) => list.split(','));
  return lists.flatMap((list) => list.map((name) => name.replace('type ', '').trim()).filter(Boolean)).sort();
}

/** What programs rely on: a name that goes or comes is a decision. */
const names: Readonly<Record<string, string>> = {
  index:
    'Autoencoder AutoencoderError AutoencoderErrorCode AutoencoderOptions BackendInfo BackendName BackendOptions BackendStatus CheckpointChoice CheckpointSaved CodeSizes Encoding EpochSummary ErrorParts EvaluateOptions Evaluation ImageInputs ImageOptions ImageShape ImageSource Images InitializeOptions LinearStartOptions LoadPlace MaskMode NamedFile PassSummary Picture PixelFormat PresetName ReadRun ReconstructOptions ResumeOptions RunOptions Sample SampleSource SaveOptions SavePlace StartProgress StepProgress TrainOptions TrainingHistory TrainingWarning VariationalCode VariationalCodeArgs WeightCount centerCrop defaultPixels listBackends loadCheckpoint resumeTraining samplesToTensor useBackend valuesToSamples',
  baselines:
    'CompareOptions Comparison ComparisonGroup ComparisonRow JpegCoder JpegResult Pca PcaComparison PcaComparisonOptions PcaOptions PcaScoreOptions RatePoint ScoredNetwork compareWithPca fitPca scorePca',
  codes:
    'CodeStream Codes EncodeOptions InterpolateOptions InterpolationMasks Neighbor NeighborOptions NpyOptions ProjectOptions Projection SampleImagesOptions codeBytes encodeNpy encodeTextNpy nearestNeighbors projectCodes quantizeCodes readCodesParquet writeCodesNpy writeCodesParquet',
  interchange:
    'KerasImportOptions KerasOptions OnnxOptions PyTorchImportOptions PyTorchOptions TfjsImportOptions Torch7ImportOptions exportKeras exportOnnx exportPyTorch importKeras importPyTorch importTfjs importTorch7',
  native:
    'InstallStep InstallTensorflowOptions NativeOptions NativePackage TensorflowCheck TensorflowInstallation checkTensorflow defaultTensorflowCache findInstallation installTensorflow measureTraining removeTensorflow',
  options:
    'AnyOption AugmentationOptions ChoiceOption LossOptions NamedRecipe NumberRange OptimizerOptions OptionTable Recipe RecipeName ScheduleOptions coefficientsFor isInRange networkOptions rangeInWords recipeFor recipeKeys recipes resolveRecipe runOptions schedules trainingOptions',
  report:
    'CollectReportOptions LiveRun Picture ReportData collectReport readSampleGrid renderComparison renderLivePage renderLiveRun renderReport',
  runs: 'RunConfig RunEstimate checkNewRun estimateRun readConfigFile readRunConfig startFolder',
  scores:
    'ClassScores EvaluationPart ImageError ImageScores ScoreName ScoreSummary Scores Similarity SimilarityOptions bestImages imageError mergeEvaluations msSsimWeights psnrDb rankImages scoresByClass scoresToCsv similarity worstImages',
  torchrun:
    'Elsewhere ElsewhereListener ElsewhereTask HandOverOptions LmdbPlace PreparedTask TorchrunOptions handOver torchrun',
};

describe('public names', () => {
  it('have an entry each in package.json', () => {
    const entries = Object.keys(packageJson.exports).filter((entry) => entry !== './package.json');
    expect(entries.map((entry) => (entry === '.' ? 'index' : entry.slice(2))).sort()).toEqual(
      Object.keys(names).sort(),
    );
  });

  it.each(Object.entries(names))('of %s are these and no others', (entry, expected) => {
    expect(namesOf(entry).join(' ')).toBe(expected);
  });
});
