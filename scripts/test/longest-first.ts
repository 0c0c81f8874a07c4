import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take half a minute and more, longest first. Vitest knows how long files took the last time only: in a new
 * clone it begins with those of most bytes, and the last to begin would keep one processor busy and all others idle.
 */
const LONGEST = [
  'test/sync/hosts/hosts.test.ts',
  'test/attacks/attacks.test.ts',
  'test/crash/re-embedding.test.ts',
  'test/e2e/painted.test.ts',
  'test/sync/histories.test.ts',
  'test/shell/process.test.ts',
  'test/crash/store.test.ts',
  'test/e2e/access.test.ts',
  'test/session/online.test.ts',
  'test/session/lying-renderer.test.ts',
  'test/cli/lintel.test.ts',
  'test/server/page-visits.test.ts',
  'test/server/several-servers.test.ts',
  'core/backup/vault.test.ts',
  'core/store/open-store.test.ts',
  'test/cli/vault.test.ts',
  'scripts/eval.test.ts',
  'core/store/postgres/postgres-store.test.ts',
  'test/server/start.test.ts',
  'test/sync/realeyes-histories.test.ts',
  'test/conformance/dialects.test.ts',
];

/** Vitest's own order, behind the files that are known to take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- This one is Vitest's, and returns a new array.
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`));
  return at === -1 ? LONGEST.length : at;
}
