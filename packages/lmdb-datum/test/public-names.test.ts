import { testPublicNames } from '@ae/testing/public-names';

testPublicNames(new URL('../', import.meta.url), {
  index:
    'BatchStream ClosedError CorruptDatabaseError DatabaseChangedError DatumError DatumReader DatumWriter ImageError InvalidOptionError LmdbDatumError MissingDependencyError MixedSizesError NotLmdbError NotReadableError OutputExistsError ShardError SourceChangedError UnsupportedFormatError WriteError caffeKey channelMeans computeMean convertDatabase convertImageset decodeDatum decodeMean describeValue encodeDatum encodeMean encodeSample mergeShards openDatumLmdb prepareConvert readMean resizeDatabase startConvertThreads verify writeMean Batch BatchData BatchDtype BatchOptions BatchPosition BatchShard BoundingBox ConvertDatabaseOptions ConvertDatabaseReport ConvertOptions ConvertProgress ConvertReport Damage DatabaseIdentity DatabaseInfo DatabaseMetaInfo DatabaseSchema Datum DatumInit Entry ErrorParts ErrorWhere ImageClass MeanImage MeanOptions MeanPlanes MergeOptions MergeProgress MergeReport OddLabel OpenOptions OutputForm ResizeOptions ResizeProgress ResizeReport Sample ScanOptions Shard ShardLimits SkippedImage VerifiedDatabase VerifyOptions VerifyReport WriterOptions',
  convert:
    'convertImageset prepareConvert startConvertThreads ConvertOptions ConvertProgress ConvertReport ImageClass OddLabel SkippedImage',
  source:
    'ClosedError CorruptDatabaseError DatumError DatumSourceReader ImageError InvalidOptionError LmdbDatumError NotLmdbError NotReadableError SourceChangedError UnsupportedFormatError openDatumSource ByteSource Datum HttpOptions OpenSourceOptions Sample SourceEntry SourceInfo SourceInput WalkOptions',
});
