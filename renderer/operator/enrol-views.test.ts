import { describe, expect, it } from 'vitest';
import { isTooFar, shows, VIEWS, viewMissing, type EnrolView } from './enrol-views.ts';

const pose = (yaw: number, pitch = 0) => ({ yaw, pitch, roll: 0 });
/** The views that a pose shows. */
const viewsOf = (yaw: number, pitch?: number): EnrolView[] =>
  VIEWS.filter((view) => shows(view, pose(yaw, pitch)));

describe('a view of an enrolment', () => {
  it('is shown by a head that faces the camera, or is turned a little to the side of the person', () => {
    expect(viewsOf(0)).toEqual(['front']);
    expect(viewsOf(-7)).toEqual(['front']);
    expect(viewsOf(14)).toEqual(['left']);
    expect(viewsOf(-14)).toEqual(['right']);
  });

  it('is shown by no head between two views, turned far, raised or lowered', () => {
    for (const yaw of [8.5, -8.5, 19, -19, 60]) expect(viewsOf(yaw)).toEqual([]);
    for (const yaw of [0, 14, -14]) {
      expect(viewsOf(yaw, 13)).toEqual([]);
      expect(viewsOf(yaw, -13)).toEqual([]);
    }
  });

  it('is overdone only to the side that was asked for', () => {
    expect(isTooFar('left', pose(25))).toBe(true);
    expect(isTooFar('right', pose(-25))).toBe(true);
    expect(isTooFar('left', pose(-25))).toBe(false);
    expect(isTooFar('right', pose(25))).toBe(false);
    expect(isTooFar('front', pose(25))).toBe(false);
  });
});

it('the view that is asked for is the first without a picture, again once that was discarded', () => {
  const [front, left, right, chosen] = ['front', 'left', 'right', null].map((view) => ({
    view: view as EnrolView | null,
  }));
  expect(viewMissing(VIEWS, [])).toBe('front');
  expect(viewMissing(VIEWS, [chosen!])).toBe('front');
  expect(viewMissing(VIEWS, [front!, left!])).toBe('right');
  expect(viewMissing(VIEWS, [front!, right!])).toBe('left');
  expect(viewMissing(VIEWS, [front!, left!, right!])).toBeNull();
  expect(viewMissing([...VIEWS, 'glasses'], [front!, left!, right!])).toBe('glasses');
});
