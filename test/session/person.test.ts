import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '#contract';
import { fileKekProvider } from '#core/store';
import { openEngine } from '../../main/appliance/index.ts';
import { kimAtKiosk } from '../support/kiosk-client.ts';

let its: Awaited<ReturnType<typeof kimAtKiosk>>;
beforeAll(async () => {
  its = await kimAtKiosk();
});
afterAll(() => its.kiosk.close());

/** Kim comes by. Pictures of one photograph are too alike for one appliance, but a new one has forgotten the last. */
async function visit(): Promise<Decision> {
  await its.kiosk.restart();
  return await its.kiosk.visit(its.kim);
}

describe('a person', () => {
  it('is welcomed once enrolled, also after a restart, and unknown again once removed', async () => {
    const { kiosk, photo } = its;
    expect(await visit()).toMatchObject({ outcome: 'denied', reasons: ['empty-gallery'] });
    const faceId = await kiosk.enrol(photo, 'Kim');
    expect(await visit()).toMatchObject({ outcome: 'granted', person: { faceId, name: 'Kim' } });
    expect(await visit()).toMatchObject({ outcome: 'granted', person: { faceId } });
    await kiosk.ask('operator.login', { pin: '271828' });
    await kiosk.ask('people.remove', { faceId });
    expect(await visit()).toMatchObject({ outcome: 'denied', reasons: ['empty-gallery'] });
  });

  it('is known at once when another process enrolled them', async () => {
    const { kiosk, photo } = its;
    const engine = await openEngine({
      dataDir: kiosk.dataDir,
      modelsDir: fileURLToPath(new URL('../../models', import.meta.url)),
      kekProvider: fileKekProvider(kiosk.keyFile),
      workers: 1,
      actor: 'command-line',
    });
    await engine.serve(async ({ recognizer, gallery }) => {
      const { face } = await recognizer.analyse(photo);
      const { modelId } = recognizer;
      await gallery.enrol('default', {
        references: [{ modelId, template: face!.template, quality: 1, source: 'file' }],
      });
    });
    await engine.close();
    expect(await visit()).toMatchObject({ outcome: 'granted' });
  });
});
