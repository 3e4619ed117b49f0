/** The databases that are damaged, and the records that are right, by other software: the golden files of test/fixtures. */
import fs from 'node:fs';

const fixtures = new URL('../test/fixtures/', import.meta.url);
const twin = (name) => JSON.parse(fs.readFileSync(new URL(`${name}.json`, fixtures), 'utf8')).records;

const summary = ({ channels, height, width, label, encoded, dataSha256, floatData }) =>
  [channels, height, width, label, encoded, dataSha256, (floatData ?? []).join()].join(':');

/** @returns {{ name: string, bytes: Buffer, expected: Map<string, string> }[]} Summaries of records by key (base64). */
export function loadCases() {
  const records = {
    overflow: twin('overflow'),
    deep: twin('deep'),
    churned: twin('churned'),
    v2: [...twin('variants'), ...twin('overflow').slice(0, 6)],
  };
  return Object.entries(records).map(([name, list]) => ({
    name,
    bytes: fs.readFileSync(new URL(`${name}.mdb`, fixtures)),
    expected: new Map(list.map((record) => [record.key, summary(record)])),
  }));
}
