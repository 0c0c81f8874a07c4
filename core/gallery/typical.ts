import { similarity } from '#core/matching';

/** Of several templates of one person the one that is most like the others, on average; undefined of none. */
export function typicalOf(templates: readonly Float32Array[]): Float32Array | undefined {
  const likeness = templates.map((each) =>
    templates.reduce((sum, other) => sum + (other === each ? 0 : similarity(each, other)), 0),
  );
  return templates[likeness.indexOf(Math.max(...likeness))];
}
