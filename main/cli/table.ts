import { oneLine } from '#contract';

/** What a column shows of a row. */
export type Cell = string | number | null;

const BETWEEN = '  ';
const GRAPHEMES = new Intl.Segmenter();
/** Terminals give these the room of two letters. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])/u;

/**
 * A list for people: a line of heads, then a line for each row, with its columns under their heads. Scripts take `--json`.
 * @param heads a word or two for each column
 * @param rows cells in the order of the heads; `-` stands for null and for an empty text
 * @param none what is said where there are no rows, if that can be
 */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[], none = ''): string {
  if (rows.length === 0) return none;
  const lines = [heads, ...rows.map((row) => row.map(shown))];
  const widths = heads.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, widthOf(line[column]!)), 0),
  );
  return lines
    .map((line) =>
      line
        .map((text, column) => text + ' '.repeat(widths[column]! - widthOf(text)))
        .join(BETWEEN)
        .trimEnd(),
    )
    .join('\n');
}

const shown = (cell: Cell): string => oneLine(String(cell ?? '')) || '-';

/** Columns of a terminal. */
const widthOf = (text: string): number =>
  [...GRAPHEMES.segment(text)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0);
