import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { convertDlibResnet } from './dlib-resnet.ts';
import { writeOnnx } from './onnx.ts';

const weight = async (name: string): Promise<Buffer> =>
  await readFile(new URL(`../../../models/weights/${name}`, import.meta.url));

const MEANS = [122.782, 117.001, 104.298] as const;

/** What face-api.js 1.7.15 itself (TensorFlow.js, CPU) answers to the pattern below: the first 8 of 128 numbers. */
const FACE_API = [-0.0887, 0.1349, 0.0667, -0.0175, -0.0683, -0.0437, -0.0765, 0.0259];

it('answers as face-api.js does with the same weights', async () => {
  const manifest = await weight('face_recognition_model-weights_manifest.json');
  const graph = convertDlibResnet(String(manifest), await weight('face_recognition_model.bin'));
  const session = await InferenceSession.create(writeOnnx(graph));
  const pattern = Float32Array.from({ length: 3 * 150 * 150 }, (_, i) => {
    const [c, y, x] = [Math.floor(i / 22_500), Math.floor(i / 150) % 150, i % 150];
    return (((x * (c + 1) + y * 3 + ((x * y) >> 4)) % 256) - MEANS[c]!) / 256;
  });
  const { output } = await session.run({ input: new Tensor('float32', pattern, [1, 3, 150, 150]) });
  expect(output!.dims).toEqual([1, 128]);
  FACE_API.forEach((value, i) => expect(Math.abs((output!.data[i] as number) - value)).toBeLessThan(1e-3));
});
