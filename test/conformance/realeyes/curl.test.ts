import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openServer, portraits, type Server } from '../../support/server.ts';
import { DETECTED } from './detected.ts';

/**
 * The examples of the page of the Realeyes API, run by a shell as they stand there, in an order in which each finds
 * what it needs. Replaced are the host, the key, the cut-off image and the face id.
 */

const HOST = 'https://face-recognition-api-eu.realeyes.ai';
const KEY = 'API-KEY-FROM-DEV-CONSOLE';
const IMAGE = '/9j/4AAQSkZJRgABAQEAYABgAAD...';
const FACE_ID = 'face_abc123xyz789';

const INDEXED = {
  ...DETECTED,
  faceId: expect.stringMatching(/^face_/),
};
const COLLECTION = {
  collectionId: 'my-collection',
  description: null,
  createdAt: expect.any(String),
  updatedAt: expect.any(String),
};

let server: Server;
let image: string;
/** Of the face that was indexed last. */
let faceId = FACE_ID;

const run = promisify(execFile);

async function answerOf(example: string): Promise<unknown> {
  const command = example
    .replace(HOST, server.origin)
    .replace(KEY, server.apiKey)
    .replace(IMAGE, image)
    .replace(FACE_ID, faceId);
  const { stdout } = await run('/bin/sh', ['-c', command.replace('curl ', 'curl -sS --fail-with-body ')]);
  try {
    return JSON.parse(stdout);
  } catch {
    return stdout;
  }
}

beforeAll(async () => {
  server = await openServer();
  image = (await portraits()).robin;
  await server.client.createCollection({ collectionId: 'my-collection' });
});
afterAll(() => server.remove());

it.each<[name: string, example: string, answer: unknown]>([
  [
    'get collection',
    `curl -X GET "${HOST}/v1/collection/get?collectionId=my-collection" \\
  -H "Authorization: ApiKey ${KEY}"`,
    { recognitionCollection: COLLECTION },
  ],
  [
    'get all collections',
    `curl -X GET "${HOST}/v1/collection/get-all" \\
  -H "Authorization: ApiKey ${KEY}"`,
    { collections: [COLLECTION] },
  ],
  [
    'create collection',
    `curl -X POST "${HOST}/v1/collection/create" \\
  -H "Authorization: ApiKey ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "collectionId": "new-collection",
    "description": "Collection for customer verification"
  }'`,
    { collectionId: 'new-collection' },
  ],
  [
    'update collection',
    `curl -X PUT "${HOST}/v1/collection/update" \\
  -H "Authorization: ApiKey ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "collectionId": "my-collection",
    "description": "Updated description for my collection"
  }'`,
    { collectionId: 'my-collection' },
  ],
  [
    'index face',
    `curl -X POST "${HOST}/v1/face/index" \\
  -H "Authorization: ApiKey ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "image": {
      "bytes": "${IMAGE}"
    },
    "collectionId": "my-collection"
  }'`,
    INDEXED,
  ],
  [
    'set external key',
    `curl -X PUT "${HOST}/v1/external-key/set" \\
  -H "Authorization: ApiKey ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "collectionId": "my-collection",
    "faceId": "${FACE_ID}",
    "externalKey": "user-123",
    "allowDuplicates": false
  }'`,
    { faceId: expect.stringMatching(/^face_/), externalKey: 'user-123', result: 'Created' },
  ],
  [
    'search face',
    `curl -X POST "${HOST}/v1/face/search" \\
  -H "Authorization: ApiKey ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "image": {
      "bytes": "${IMAGE}"
    },
    "collectionId": "my-collection",
    "faceMatchThreshold": 80
  }'`,
    { ...INDEXED, externalKey: 'user-123' },
  ],
  [
    'search or index face',
    `curl -X POST "${HOST}/v1/face/search-or-index" \\
  -H "Authorization: ApiKey ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "image": {
      "bytes": "${IMAGE}"
    },
    "collectionId": "my-collection",
    "faceMatchThreshold": 80
  }'`,
    { ...INDEXED, externalKey: 'user-123', resultSource: 'Search' },
  ],
  [
    'get face ids by external key',
    `curl -X GET "${HOST}/v1/external-key/get-face-ids?collectionId=my-collection&externalKey=user-123" \\
  -H "Authorization: ApiKey ${KEY}"`,
    { faceIds: [expect.stringMatching(/^face_/)] },
  ],
  [
    'delete external key association',
    `curl -X DELETE "${HOST}/v1/external-key/delete?collectionId=my-collection&externalKey=user-123" \\
  -H "Authorization: ApiKey ${KEY}"`,
    {},
  ],
  [
    'delete face by external key',
    `curl -X DELETE "${HOST}/v1/face/delete?collectionId=my-collection&externalKey=user-123" \\
  -H "Authorization: ApiKey ${KEY}"`,
    {},
  ],
  [
    'delete face by id',
    `curl -X DELETE "${HOST}/v1/face/delete?collectionId=my-collection&faceId=${FACE_ID}" \\
  -H "Authorization: ApiKey ${KEY}"`,
    {},
  ],
  [
    'reset collection',
    `curl -X DELETE "${HOST}/v1/collection/reset?collectionId=my-collection" \\
  -H "Authorization: ApiKey ${KEY}"`,
    { collectionId: 'my-collection' },
  ],
  [
    'delete collection',
    `curl -X DELETE "${HOST}/v1/collection/delete?collectionId=my-collection" \\
  -H "Authorization: ApiKey ${KEY}"`,
    {},
  ],
  [
    'health check',
    `curl -X GET "${HOST}/v1/healthz"`,
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  ],
])('%s', async (_name, example, expected) => {
  const answer = await answerOf(example);
  expect(answer).toEqual(expected);
  if (example.includes('/face/index')) ({ faceId } = answer as { faceId: string });
});
