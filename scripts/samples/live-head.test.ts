import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRecognizer, type AnalysedFace, type Recognizer } from '#core/recognition';
import { MODELS } from '../setup/paths.ts';
import { AT_REST, type AnimatedHead, type HeadState } from './animated-head.ts';
import { sampleHead, toJpeg } from './live-head.ts';
import { sampleFace } from './samples.ts';

let recognizer: Recognizer;
let head: AnimatedHead;
let rest: AnalysedFace;

const seen = async (state: Partial<HeadState>): Promise<AnalysedFace> => {
  const { face } = await recognizer.analyse(await toJpeg(head.frame({ ...AT_REST, ...state })));
  return face!;
};

const mouthWidth = ({ landmarks, measurements }: AnalysedFace): number =>
  Math.hypot(landmarks[54]!.x - landmarks[48]!.x, landmarks[54]!.y - landmarks[48]!.y) /
  measurements.interOcular;

beforeAll(async () => {
  recognizer = await createRecognizer({ weightsDir: `${MODELS}weights`, workers: 1 });
  head = await sampleHead(recognizer, sampleFace('Kim'));
  rest = await seen({});
});
afterAll(async () => await recognizer.close());

it('faces the camera at rest, though the photograph does not', () => {
  expect(Math.hypot(rest.measurements.yaw, rest.measurements.pitch)).toBeLessThan(8);
});

it('turns both ways', async () => {
  expect((await seen({ yaw: 18 })).measurements.yaw - rest.measurements.yaw).toBeGreaterThan(14);
  expect((await seen({ yaw: -18 })).measurements.yaw - rest.measurements.yaw).toBeLessThan(-14);
});

it('nods and tilts', async () => {
  expect((await seen({ pitch: -15 })).measurements.pitch - rest.measurements.pitch).toBeLessThan(-10);
  const tilted = (await seen({ roll: 10 })).measurements.roll - rest.measurements.roll;
  expect(tilted).toBeGreaterThan(7);
  expect(tilted).toBeLessThan(13);
});

it('closes its eyes and smiles', async () => {
  expect((await seen({ eyesClosed: 1 })).measurements.eyeOpenness).toBeLessThan(
    0.85 * rest.measurements.eyeOpenness,
  );
  expect(mouthWidth(await seen({ smile: 1 }))).toBeGreaterThan(1.12 * mouthWidth(rest));
});

it('leaves the photograph as it was', () => {
  const before = new Uint8Array(head.photo.data);
  const frame = head.frame({ ...AT_REST, yaw: 20, eyesClosed: 1, smile: 1 });
  expect(frame.data).not.toEqual(before);
  expect(new Uint8Array(head.photo.data)).toEqual(before);
});
