import { expect, it } from 'vitest';
import { tellFilling } from './filling.ts';

it('the log hears once a second how far the filling is, and nothing of a quick one', () => {
  const lines: unknown[] = [];
  let now = 0;
  const tell = tellFilling({ info: (line: unknown) => lines.push(line) }, 50_000, () => now);
  for (now = 0; now < 3500; now += 100) tell(now * 10);
  expect(lines).toEqual([
    { references: 10_000, faces: 50_000 },
    { references: 20_000, faces: 50_000 },
    { references: 30_000, faces: 50_000 },
  ]);
});
