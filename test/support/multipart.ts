const query = `mutation ($input: ThingInput!) {
  createThing(input: $input) { thing files { filename byteSize isTruncated start } userErrors { code path } }
}`;

/** What is otherwise than in an upload of one small file. */
export interface UploadRequest {
  operations?: unknown;
  map?: unknown;
  files?: [field: string, bytes: string | Uint8Array<ArrayBuffer>, name?: string][];
  headers?: Record<string, string | undefined>;
}

export const operations = (input: Record<string, unknown> = { logo: null }) => ({
  query,
  variables: { input: { name: 'x', parent: { id: '1' }, ...input } },
});

/** A multipart request in the order of the specification: operations, map, files. */
export async function multipart({
  operations: sent = operations(),
  map = { 0: ['variables.input.logo'] },
  files = [['0', 'bytes']],
  headers: changed = {},
}: UploadRequest): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const form = new FormData();
  form.append('operations', typeof sent === 'string' ? sent : JSON.stringify(sent));
  form.append('map', typeof map === 'string' ? map : JSON.stringify(map));
  for (const [field, bytes, name = 'logo.png'] of files) form.append(field, new Blob([bytes]), name);
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer());
  const headers = {
    'content-type': encoded.headers.get('content-type') ?? '',
    'content-length': String(body.length),
    'apollo-require-preflight': 'true',
    authorization: 'Bearer admin',
  };
  for (const [name, value] of Object.entries(changed)) Object.assign(headers, { [name]: value });
  const given = Object.entries<string | undefined>(headers).filter(([, value]) => value !== undefined);
  return { headers: Object.fromEntries(given) as Record<string, string>, body };
}
