import { DRILL_KINDS, DrillReport, type DrillKind, type DrillPresentation, type DrillTally } from '#contract';
import { readSigned } from '#core/audit';
import { exactProportion } from '#core/matching';
import type { Store } from '#core/store';

/** The least that NIST SP 800-63B-4, section 3.2.3, asks for: an IAPAR below it for each species of attack. */
export const IAPAR_ASKED = 0.07;

type Unsigned = Omit<DrillReport, 'signature'>;

/** What was found out, before it is counted and signed. */
export type DrillFindings = Pick<
  DrillReport,
  'drillId' | 'from' | 'to' | 'by' | 'cameras' | 'cameraFindings'
> & {
  readonly presentations: readonly DrillPresentation[];
  readonly discarded: readonly DrillKind[];
};

/** Counts, with exact bounds, what came of each kind that was presented. */
export function tally(
  presentations: readonly DrillPresentation[],
  discarded: readonly DrillKind[],
): DrillTally[] {
  return DRILL_KINDS.flatMap((kind) => {
    const seen = presentations.filter((each) => each.kind === kind);
    const thrownOut = discarded.filter((each) => each === kind).length;
    if (seen.length + thrownOut === 0) return [];
    const countOf = (holds: (each: DrillPresentation) => boolean): number => seen.filter(holds).length;
    const accepted = countOf((each) => each.accepted);
    const granted = countOf(({ outcome }) => outcome === 'granted');
    const refused = countOf((each) => !each.accepted && each.outcome === 'denied');
    const isAttack = kind !== 'bona-fide';
    const rate = (count: number): DrillTally['apcer'] => {
      const { rate, interval } = exactProportion(count, seen.length);
      return { rate, low: interval[0], high: interval[1] };
    };
    return {
      kind,
      presentations: seen.length,
      discarded: thrownOut,
      unanswered: seen.length - accepted - refused,
      accepted,
      granted,
      apcer: isAttack ? rate(accepted) : null,
      iapar: isAttack ? rate(granted) : null,
      bpcer: isAttack ? null : rate(refused),
    };
  });
}

/** A report signed by the device, on the head of the audit log as it is now. */
export async function signReport({ audit }: Store, findings: DrillFindings): Promise<DrillReport> {
  const { discarded, presentations, ...rest } = findings;
  const judgedWith = new Map(presentations.map((each) => [JSON.stringify(each.with), each.with]));
  const unsigned: Unsigned = {
    ...rest,
    report: 'lintel-attack-drill-1',
    levels: [...new Set(presentations.map(({ level }) => level))],
    judgedWith: [...judgedWith.values()],
    tallies: tally(presentations, discarded),
    presentations: [...presentations],
    audit: await audit.checkpoint(),
    publicKey: await audit.publicKey(),
  };
  // Parsed, so that the members stand in the order in which a reader writes them.
  const text = JSON.stringify(DrillReport.omit({ signature: true }).parse(unsigned));
  return DrillReport.parse({ ...unsigned, signature: await audit.sign('attack-drill', text) });
}

/**
 * Read a report and check who signed it.
 * @param publicKey of the device that is believed, known from elsewhere than the report
 * @throws LintelError `drill-report-invalid`
 */
export const verifyReport = (text: string, publicKey: string): DrillReport =>
  readSigned(text, {
    schema: DrillReport,
    purpose: 'attack-drill',
    publicKey,
    invalid: 'drill-report-invalid',
  });

const percent = (rate: DrillTally['apcer']): string =>
  rate === null
    ? '-'
    : `${(100 * rate.rate).toFixed(1)} % (${(100 * rate.low).toFixed(1)} to ${(100 * rate.high).toFixed(1)} %)`;

/** The report for a reader, a line for each kind. */
export function describeReport({ tallies, levels, from, to }: DrillReport): string {
  const lines = tallies.map(
    ({ kind, presentations, discarded, unanswered, accepted, granted, apcer, iapar, bpcer }) => {
      const counts = `${kind}: ${presentations} presented (${discarded} thrown out), ${accepted} accepted as live, ${granted} granted, ${unanswered} unanswered.`;
      if (iapar === null) return `${counts} BPCER ${percent(bpcer)}.`;
      const isShown = iapar.high < IAPAR_ASKED;
      return `${counts} APCER ${percent(apcer)}, IAPAR ${percent(iapar)}: ${isShown ? 'below' : 'NOT shown to be below'} ${IAPAR_ASKED} (NIST SP 800-63B-4).`;
    },
  );
  const heading = `Drill from ${from} to ${to}, level ${levels.join(', ') || 'none'}; intervals 95 % (Clopper-Pearson).`;
  return [heading, ...lines].join('\n');
}
