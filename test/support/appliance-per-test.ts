import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { KioskChannel, KioskInput, KioskOutput } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { openAppliance, type Appliance, type KioskConnection } from '../../main/appliance/index.ts';
import { createOperator } from '../../main/operator/index.ts';
import { MODELS_DIR } from './appliance-on.ts';
import { sharedModel } from './networks.ts';
import { request } from './request.ts';
import { samplePictures } from './sample-pictures.ts';

export const PIN = '271828';
export const pictures = await samplePictures();

/** An appliance with one screen, of its own for each test, whose operator has chosen {@link PIN}. */
export const appliancePerTest = () => applianceFor(beforeEach, afterEach);

/** The same, one for all tests of a block, which leave it as it is. */
export const applianceOfAll = () => applianceFor(beforeAll, afterAll);

function applianceFor(
  before: typeof beforeAll | typeof beforeEach,
  after: typeof afterAll | typeof afterEach,
) {
  /** Hashed cheaply: the real cost is the operator's tests' matter. */
  let seed: string;
  let root: string;
  let appliance: Appliance;
  let screen: KioskConnection;
  let events: [string, unknown][];
  let logged: string[];

  const dataDir = (): string => join(root, 'data');
  const options = (): Parameters<typeof openAppliance>[0] => ({
    dataDir: dataDir(),
    modelsDir: MODELS_DIR,
    kekProvider: fileKekProvider(join(root, 'key')),
    openModel: sharedModel,
    version: '1.2.3',
    log: pino({}, { write: (line) => void logged.push(line) }),
  });
  const openScreen = (): KioskConnection =>
    appliance.connect((event, body) => void events.push([event, body]));
  const open = async (): Promise<void> => {
    appliance = await openAppliance(options());
    screen = openScreen();
  };
  const ask = <C extends KioskChannel>(
    channel: C,
    input: KioskInput<C>,
    on = screen,
  ): Promise<KioskOutput<C>> => request(on, channel, input);

  beforeAll(async () => {
    seed = await mkdtemp(join(tmpdir(), 'lintel-seed-'));
    const place = { dir: join(seed, 'data'), kekProvider: fileKekProvider(join(seed, 'key')) };
    const store = await openStore(place);
    await createOperator(store, { cost: { N: 1024, r: 8, p: 1 } }).overwritePin(PIN);
    await store.close();
  });
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'lintel-appliance-'));
    await cp(seed, root, { recursive: true });
    [events, logged] = [[], []];
    await open();
  });
  after(async () => {
    await appliance.close();
    await rm(root, { recursive: true });
  });
  afterAll(async () => await rm(seed, { recursive: true }));

  return {
    /** Has the key, and the data folder. */
    get root() {
      return root;
    },
    get dataDir() {
      return dataDir();
    },
    get screen() {
      return screen;
    },
    /** What all its screens were told. */
    get events() {
      return events;
    },
    get logged() {
      return logged;
    },
    options,
    openScreen,
    /** Opens it again after {@link close}; a test that closes it has to. */
    open,
    close: () => appliance.close(),
    issueSetupCode: ({ forgetPin = false } = {}) => appliance.issueSetupCode({ forgetPin }),
    ask,
    signIn: async (): Promise<void> => void (await ask('operator.login', { pin: PIN })),
    enrolAlice: async (): Promise<string> => {
      const images = [pictures.alice];
      const { face } = await ask('people.enrol', {
        metadata: { name: 'Alice' },
        externalKey: 'a-1',
        images,
      });
      return face!.faceId;
    },
  };
}
