import { randomUUID } from 'node:crypto';
import { isLower, LintelError, type Decision, type SiteEventKind } from '#contract';
import { analyseFrame, traceOf, type AnalysedFrame } from '#core/liveness';
import { similarity } from '#core/matching';
import { takeStill, uprightStill } from '../camera/index.ts';
import { eventOf } from '../doors/index.ts';
import { decideStills, objectToCamera, proves } from '../session/index.ts';
import { openSignals, readStation, startStation, type StationFault } from '../station/index.ts';
import { leastAssurance } from '../sync/index.ts';
import type { Collaborators } from './collaborators.ts';
import { judgeOf, stationPolicyOf } from './judge.ts';

/** On stills that granted a visit before. */
const REPLAY: Decision = { outcome: 'denied', reasons: ['frames-not-genuine'], hints: [], person: null };

/**
 * Runs the appliance without a screen: stills of its camera, lamps and buzzers for an answer. It recognises and proves nothing
 * (`presence`), so that it opens no door.
 * @returns ends it
 * @throws LintelError `usage` where no station is set, `assurance-opens-no-door` at a door, `assurance-below-policy`,
 *   `mode-enrols-only`; `notice-unanswered` where visitors have to be asked first
 */
export async function openStation(all: Collaborators): Promise<() => Promise<void>> {
  const { engine, settings, guard, memory, cameras, events, log } = all;
  const { store, serve } = engine;
  const config = await readStation(store);
  if (config === null) throw new LintelError('usage', 'No station is set: lintel station set FILE.');
  if (all.hasDoor()) throw new LintelError('assurance-opens-no-door');
  if (settings.current.mode === 'enrolment') throw new LintelError('mode-enrols-only');
  if (settings.current.notice) throw new LintelError('notice-unanswered');
  const isBelowPolicy = async (): Promise<boolean> => isLower('presence', await leastAssurance(store));
  if (await isBelowPolicy()) throw new LintelError('assurance-below-policy');

  const tell = (kind: SiteEventKind, detail: string | null): void =>
    void events.add(eventOf(kind, null, `station: ${detail ?? ''}`));
  const signals = openSignals(
    config.signals,
    (signal, kind, detail) => tell(kind, `signal ${signal} ${detail ?? ''}`.trimEnd()),
    log,
  );
  let fault: StationFault | null = null;

  async function decide(stills: readonly AnalysedFrame[]): Promise<Decision['outcome']> {
    await store.lineage.require();
    const decided = await guard.attempt('face', async () => {
      const found = await serve((serving) => {
        const judge = judgeOf(serving, settings, async () => null, stationPolicyOf);
        return decideStills(stills, judge.people, judge.samePerson.frontal);
      });
      const isReplay = proves(found) && !(await memory.claim(stills.map(traceOf)));
      const decision = objectToCamera(isReplay ? REPLAY : found, await cameras.findings());
      const visit = { visitId: randomUUID(), level: 'presence', challenge: [], scores: null } as const;
      return await guard.settleVisit(decision, null, visit);
    });
    return decided.outcome;
  }

  const end = startStation({
    config,
    takeStill: async () => await uprightStill(await takeStill(config.device), settings.current),
    look: (image) =>
      serve(({ recognizer }) =>
        analyseFrame(recognizer, memory, { image, capturedAt: 0, moment: { kind: 'frontal' } }),
      ),
    isSamePerson: (a, b) =>
      serve(async (serving) => {
        const { samePerson } = judgeOf(serving, settings, async () => null);
        return a.length === b.length && similarity(a, b) >= samePerson.frontal;
      }),
    objection: async () => {
      if ((await cameras.findings()).length > 0) return 'camera-objected';
      return (await isBelowPolicy()) ? 'below-policy' : null;
    },
    decide,
    signal: signals.give,
    tellFault: (next) => {
      if (fault !== null) tell('tamper-ended', fault);
      if (next !== null) tell('tamper', next);
      log[next === null ? 'info' : 'warn']({ fault: next }, 'station');
      fault = next;
    },
    log,
  });
  return async () => {
    await end();
    await signals.end();
  };
}
