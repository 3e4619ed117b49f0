import { publicNames, undocumented } from '@ae/testing/public-names';
import { expect, it } from 'vitest';

const folder = new URL('../', import.meta.url);
const names = publicNames(folder);

/** What programs rely on, values before types: a name that goes or comes is a decision. */
const expected: Readonly<Record<string, string>> = {
  index:
    'ClosedError CorruptDatabaseError DatabaseChangedError DatumError DatumReader DatumWriter ImageError InvalidOptionError LmdbDatumError MissingDependencyError MixedSizesError NotLmdbError NotReadableError OutputExistsError ShardError SourceChangedError UnsupportedFormatError WriteError caffeKey channelMeans computeMean convertDatabase convertImageset decodeDatum decodeMean describeValue encodeDatum encodeMean encodeSample mergeShards openDatumLmdb readMean resizeDatabase verify writeMean Batch BatchOptions BatchPosition BatchShard BatchStream BoundingBox ConvertDatabaseOptions ConvertDatabaseReport ConvertOptions ConvertProgress ConvertReport Damage DatabaseIdentity DatabaseInfo DatabaseMetaInfo DatabaseSchema Datum DatumInit Entry ErrorParts ErrorWhere ImageClass MeanImage MeanOptions MeanPlanes MergeOptions MergeProgress MergeReport OddLabel OpenOptions OutputForm ResizeOptions ResizeProgress ResizeReport Sample ScanOptions Shard ShardLimits SkippedImage VerifiedDatabase VerifyOptions VerifyReport WriterOptions',
  convert: 'convertImageset ConvertOptions ConvertProgress ConvertReport ImageClass OddLabel SkippedImage',
  source:
    'ClosedError CorruptDatabaseError DatumError ImageError InvalidOptionError LmdbDatumError NotLmdbError NotReadableError SourceChangedError UnsupportedFormatError openDatumSource ByteSource Datum DatumSourceReader HttpOptions OpenSourceOptions Sample SourceEntry SourceInfo SourceInput WalkOptions',
};

it('has these entries', () => expect(Object.keys(names)).toEqual(Object.keys(expected)));

it.each(Object.keys(expected))('exports these names and no others from %s', (entry) => {
  const { values, types } = names[entry];
  expect([...values, ...types].join(' ')).toBe(expected[entry]);
});

it('names each value in its README or docs', () => expect(undocumented(folder, names)).toEqual([]));
