import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type SqlStore } from '#core/store';
import { newFaceId, newReference } from '../../core/store/testing/made-up-faces.ts';
import { runCli } from '../../main/cli/program.ts';
import { newInstallation, type Installation } from '../support/appliance.ts';

const [HERE, ELSEWHERE] = ['https://faces.example', 'https://former.example'];
let installation: Installation;
let backup: string;

const using = async (work: (store: SqlStore) => Promise<unknown>): Promise<void> => {
  const { data, keyFile } = installation;
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  try {
    await work(store);
  } finally {
    await store.close();
  }
};
const enrol = () =>
  using((store) => store.addFace(ME, 'staff', { faceId: newFaceId(), references: [newReference()] }));
const joined = (origin: string) =>
  using(async (store) => {
    const membership = { mode: 'realeyes', origin, apiKey: 'key-1234', allowHttp: false };
    await store.setSecret('sync.server', Buffer.from(JSON.stringify(membership)));
  });
const lintel = async (...words: string[]): Promise<string> => {
  let printed = '';
  const output = { stdout: (text: string) => void (printed += text), stderr: () => undefined };
  const place = ['--data', installation.data, '--key-file', installation.keyFile];
  expect(await runCli([...words, ...place], output)).toBe(0);
  return printed;
};
const restored = () => lintel('backup', 'restore', backup, '--replace');

beforeEach(async () => {
  installation = await newInstallation();
  backup = join(installation.data, '..', 'backup');
  await using((store) => store.createCollection(ME, 'staff'));
  await enrol();
});
afterEach(() => installation.remove());

it('a backup from before an appliance joined its server takes it out of that, and says so', async () => {
  await lintel('backup', 'create', backup);
  await joined(HERE);
  await enrol();
  await enrol();
  const printed = await restored();
  expect(printed).toContain(`this appliance belonged to ${HERE} and belongs to no server now`);
  expect(printed).toContain('not in the backup: 2;');
  expect(printed).not.toContain('key-1234');
  expect(await restored()).not.toContain('this appliance belonged');
});

it('a backup from when it belonged to another server is named with that one', async () => {
  await joined(ELSEWHERE);
  await lintel('backup', 'create', backup);
  await joined(HERE);
  expect(await restored()).toContain(`belonged to ${HERE} and belongs to ${ELSEWHERE} now`);
  expect(await restored()).not.toContain('this appliance belonged');
});
