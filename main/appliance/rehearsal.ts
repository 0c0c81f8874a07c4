import { PersonAccess, type Decision } from '#contract';
import type { Admit } from '../session/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import type { Engine } from './engine.ts';
import { judgeOf } from './judge.ts';

/**
 * Look for a face that nobody has, and ask the access rules about nobody. It changes nothing, and the first visitor does not wait
 * for what takes long the first time alone: time zones, queries and code that is not compiled yet, about a tenth of a second.
 */
export async function rehearse(
  { serve }: Pick<Engine, 'serve'>,
  settings: SettingsStore,
  admit: Admit,
): Promise<void> {
  await serve(async (serving) => {
    const { dimension } = serving.recognizer;
    const template = new Float32Array(dimension).fill(1 / Math.sqrt(dimension));
    await judgeOf(serving, settings, async () => null).people.identify(template);
  });
  const nobody: Decision = { outcome: 'granted', reasons: ['match'], hints: [], person: null };
  await admit(nobody, 'steps', { access: PersonAccess.parse({}) });
}
