import { checkGate, type QualityGate } from '#core/recognition';
import type { Enrolment } from './templates.ts';

/** Images that come to nothing, and why; an image may have several reasons. Rate 0..1. */
export interface Failures {
  readonly images: number;
  readonly rate: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/**
 * Count images by the reasons they fail for: none gives a template where `failure` is set, and a gate refuses some of
 * the rest.
 */
export function countFailures(enrolments: readonly Enrolment[], gate?: QualityGate): Failures {
  const failed = enrolments
    .map(({ failure, measurements }): string[] => {
      if (failure !== null) return [failure];
      return gate && measurements ? checkGate(gate, measurements) : [];
    })
    .filter((reasons) => reasons.length > 0);
  const byReason = Object.entries(Object.groupBy(failed.flat(), (reason) => reason));
  return {
    images: failed.length,
    rate: failed.length / enrolments.length,
    reasons: Object.fromEntries(
      byReason
        .map(([reason, all]): [string, number] => [reason, all!.length])
        .toSorted(([, a], [, b]) => b - a),
    ),
  };
}
