import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import {
  type ChallengeStep,
  type Decision,
  type KioskChannel,
  type KioskInput,
  type KioskOutput,
  type SettingsPatch,
  type VisitFrame,
} from '#contract';
import { seeded } from '#core/matching';
import type { RgbImage } from '#core/recognition';
import { fileKekProvider, openStore } from '#core/store';
import { openAppliance } from '../../main/appliance/index.ts';
import { createOperator } from '../../main/operator/index.ts';
import type { VisitRecord } from '../../main/session/index.ts';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleHead } from '../../scripts/samples/live-head.ts';
import { perform } from '../../scripts/samples/performance.ts';
import { sampleFace, type SampleFace } from '../../scripts/samples/samples.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { capture } from '../attacks/presentation.ts';
import { MODELS_DIR } from './appliance-on.ts';
import { networks, sharedModel } from './networks.ts';
import { request } from './request.ts';

export const PIN = '271828';

/** Of the PIN's hash: the real cost is the operator's tests' matter. */
const CHEAP = { N: 1024, r: 8, p: 1 };

/** A client that speaks the kiosk contract to a real appliance, whose PIN is {@link PIN}; time passes when it says so. */
export interface KioskClient {
  ask<C extends KioskChannel>(channel: C, input: KioskInput<C>): Promise<KioskOutput<C>>;
  /** Enrols a person as an operator would. @returns the face's id */
  enrol(image: Uint8Array, name: string): Promise<string>;
  /** Begins visits until one has this challenge: an unanswered one stays for a minute. */
  beginWith(challenge: readonly ChallengeStep[]): Promise<KioskOutput<'visit.begin'>>;
  /** A visitor comes by and does what is asked, a little differently each time. */
  visit(head: AnimatedHead): Promise<Decision>;
  /**
   * Sends the frames of an open visit as an honest screen does, each when it was captured, and asks for the decision.
   * @param milliseconds how long the visit takes in all
   */
  send(visitId: string, frames: readonly VisitFrame[], milliseconds: number): Promise<Decision>;
  wait(milliseconds: number): void;
  readonly dataDir: string;
  readonly keyFile: string;
  readonly records: VisitRecord[];
  readonly events: string[];
  /** What the appliance logged, as JSON. */
  readonly logged: string[];
  /** Ends the appliance and starts it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface KioskOptions {
  readonly settings?: SettingsPatch;
  /** Where it keeps its files. */
  readonly folder?: string;
  /** Hears how long each answer took, in real milliseconds. */
  readonly onAnswered?: (channel: KioskChannel, milliseconds: number) => void;
  /** How long a visitor waits for the server, in real milliseconds. Default: as long as an answer takes. */
  readonly serverWaitMs?: number;
}

/** @param steps that the kiosk may ask for */
export async function openKiosk(
  steps: readonly ChallengeStep[],
  {
    settings = {},
    folder = tmpdir(),
    onAnswered = () => undefined,
    serverWaitMs = NEVER_COMES_MS,
  }: KioskOptions = {},
): Promise<KioskClient> {
  const root = await mkdtemp(join(folder, 'lintel-kiosk-'));
  const dataDir = await mkdtemp(join(root, 'data-'));
  await writeFile(join(dataDir, 'settings.json'), JSON.stringify({ ...settings, challengeSteps: steps }));
  const keyFile = join(root, 'key');
  const kekProvider = fileKekProvider(keyFile);
  const store = await openStore({ dir: dataDir, kekProvider });
  await createOperator(store, { cost: CHEAP }).overwritePin(PIN);
  await store.close();
  let time = 1_000;
  let visits = 0;
  const records: VisitRecord[] = [];
  const events: string[] = [];
  const logged: string[] = [];
  const open = async () =>
    await openAppliance({
      dataDir,
      modelsDir: MODELS_DIR,
      kekProvider,
      openModel: sharedModel,
      version: '1.2.3',
      log: pino({}, { write: (line) => void logged.push(line) }),
      onDecided: [(record) => void records.push(record)],
      serverWaitMs,
      now: () => time,
    });
  let appliance = await open();
  const connect = () => appliance.connect((event) => void events.push(event));
  let screen = connect();

  const ask: KioskClient['ask'] = async (channel, input) => {
    const start = performance.now();
    const answer = await request(screen, channel, input);
    onAnswered(channel, performance.now() - start);
    return answer;
  };
  const send: KioskClient['send'] = async (visitId, frames, milliseconds) => {
    const end = time + milliseconds;
    const last = frames.at(-1)?.capturedAt ?? 0;
    for (const [from, frame] of frames.entries()) {
      time = Math.max(time, end - (last - frame.capturedAt));
      await ask('visit.frames', { visitId, from, frames: [frame] });
    }
    time = end;
    return await ask('visit.submit', { visitId, frameCount: frames.length });
  };
  return {
    ask,
    async enrol(image, name) {
      await ask('operator.login', { pin: PIN });
      const { face } = await ask('people.enrol', { metadata: { name }, images: [image], source: 'file' });
      if (face === null) throw new Error('The picture shows nobody to enrol.');
      return face.faceId;
    },
    async beginWith(challenge) {
      for (;;) {
        const ticket = await ask('visit.begin', {});
        if (ticket.challenge.join() === challenge.join()) return ticket;
        time += 60_000;
      }
    },
    async visit(head) {
      const { visitId, challenge } = await ask('visit.begin', {});
      const { frames, milliseconds } = await performed(head, challenge, (visits += 1));
      return await send(visitId, frames, milliseconds);
    },
    send,
    wait: (milliseconds) => void (time += milliseconds),
    dataDir,
    keyFile,
    records,
    events,
    logged,
    async restart() {
      await appliance.close();
      appliance = await open();
      screen = connect();
    },
    async close() {
      await appliance.close();
      await rm(root, { recursive: true });
    },
  };
}

/** A sample person to set in motion. */
export async function headOf(face: SampleFace): Promise<AnimatedHead> {
  return await sampleHead((await networks()).recognizer, face);
}

/** Kim, a picture of hers, and a kiosk that asks for two turns of the head. */
export async function kimAtKiosk(): Promise<{ kim: AnimatedHead; photo: Buffer; kiosk: KioskClient }> {
  return {
    kim: await headOf(sampleFace('Kim')),
    photo: await portrait(sampleFace('Kim')),
    kiosk: await openKiosk(['turn-left', 'turn-right']),
  };
}

/**
 * What an honest screen sends when this person does these steps, and how long it takes, in milliseconds.
 * @param seed of the person's pace and sway and of the camera's noise
 */
export async function performed(
  head: AnimatedHead,
  steps: readonly ChallengeStep[],
  seed = 1,
): Promise<{ frames: VisitFrame[]; milliseconds: number }> {
  const random = seeded(seed);
  const performance = perform(steps, random);
  const scene = (time: number): RgbImage => head.frame(performance.at(time));
  const { frames, sessionMs } = await capture(scene, performance, random);
  return { frames: [...frames], milliseconds: sessionMs };
}
