import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { FLOORS, productImports } from './imports.ts';
import { withPlans } from './page.ts';
import { drawPlan, findCircle, planOf } from './rooms.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const imports = productImports(ROOT);

describe('the product', () => {
  it('imports downwards only between the top folders', () => {
    const { arrows } = planOf(imports, '');
    const upwards = FLOORS.flatMap((floor, height) =>
      FLOORS.slice(height + 1).filter((above) => arrows.get(floor)?.has(above)),
    );
    expect(arrows.get('core')?.has('contract')).toBe(true);
    expect(upwards).toEqual([]);
  });

  test.each(['core', 'core/store', 'main', 'renderer', 'server'])('has no circle of rooms in %s', (floor) => {
    const plan = planOf(imports, floor);
    expect(plan.rooms.length).toBeGreaterThan(2);
    expect(findCircle(plan)).toBeNull();
  });
});

it('is drawn as it is: otherwise `npm run architecture` draws it again', async () => {
  const page = await readFile(`${ROOT}/docs/architecture.md`, 'utf8');
  expect(withPlans(page, ROOT)).toBe(page);
});

describe('a plan', () => {
  const plan = planOf(
    [
      { from: 'core/a/one.ts', to: 'core/b/two.ts' },
      { from: 'core/b/two.ts', to: 'core/c/three.ts' },
      { from: 'core/a/one.ts', to: 'core/c/three.ts' },
      { from: 'core/start.ts', to: 'core/a/one.ts' },
    ],
    'core',
  );

  it('leaves out arrows that a longer way implies', () => {
    expect(drawPlan(plan)).toBe('```mermaid\nflowchart TD\n  a --> b\n  b --> c\n```');
  });

  it('names a circle', () => {
    const back = new Map([...plan.arrows, ['c', new Map([['a', 1]])] as const]);
    expect(findCircle(plan)).toBeNull();
    expect(findCircle({ ...plan, arrows: back })).toEqual(['a', 'b', 'c', 'a']);
  });
});
