import { describe, expect, it } from 'vitest';
import { ERRORS, PICTURE_WORDS } from '#contract';
import { noneUsable, refusedOf } from './pictures.ts';

const bytes = new Uint8Array();
const rejected = [
  { index: 1, code: 'eyes-covered', message: ERRORS['eyes-covered'].message },
  { index: 0, code: 'several-faces', message: `${ERRORS['several-faces'].message} (3 faces)`, faceCount: 3 },
] as const;
const pictures = (isFromCamera: boolean) =>
  ['a.jpg', 'b.jpg'].map((label) => ({ bytes, label, isFromCamera }));

describe('a picture that is not used', () => {
  it('is spoken of as a picture where it is a file, and to the person where the camera took it', () => {
    const [covered, several] = refusedOf(rejected, pictures(false));
    expect(covered).toEqual({
      image: 'b.jpg',
      code: 'eyes-covered',
      message: 'The eyes are covered, perhaps by sunglasses.',
    });
    expect(several).toMatchObject({ image: 'a.jpg', message: rejected[1].message, faceCount: 3 });
    expect(refusedOf(rejected, pictures(true))[0]!.message).toMatch(/^Something covers your eyes/);
    expect(noneUsable([covered!, several!])).toMatchObject({
      code: 'eyes-covered',
      message: `${covered!.message} (b.jpg; a.jpg: several-faces)`,
    });
  });

  it('asks nobody to do what only the person pictured could', () => {
    const asks = /\byou|^(come|move|turn|look|hold|open)|take off|step out/i;
    expect(Object.values(PICTURE_WORDS).filter((words) => asks.test(words))).toEqual([]);
    expect(ERRORS['eyes-covered'].message).toMatch(asks);
  });
});
