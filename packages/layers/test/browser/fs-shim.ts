/** Stands in for `node:fs` on a page: reads what the test's server serves. */
export function readFileSync(url: URL): string {
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.send();
  if (request.status !== 200) throw new Error(`GET ${url}: ${request.status}`);
  return request.responseText;
}
