import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError, withoutMark, type ErasureReceipt } from '#contract';
import { makeFolder, replaceDurably, requirePlainFiles, unwritable } from '#core/store';

/** Where an appliance keeps the receipts of what was erased at its screen. */
export const receiptsDirOf = (dataDir: string): string => join(dataDir, 'receipts');

/**
 * Writes a receipt, named after the first face it is about, and how many more there are: a later one of that face alone does not
 * take its place. The name does not name the person.
 * @returns the file @throws LintelError `usage` where nothing can be written, `data-folder-unsafe`, `store-full`
 */
export async function keepReceipt(dataDir: string, receipt: ErasureReceipt): Promise<string> {
  const folder = receiptsDirOf(dataDir);
  const [first, ...more] = receipt.faces;
  const file = join(folder, `${first!.faceId}${more.length > 0 ? `-and-${more.length}` : ''}.json`);
  await requirePlainFiles(dataDir);
  try {
    await makeFolder(folder);
    await replaceDurably(file, receiptText(receipt));
  } catch (error) {
    throw unwritable(file, error);
  }
  return file;
}

/** The texts of all receipts of a data folder, not verified; what cannot be read is left out. */
export async function receiptsIn(dataDir: string): Promise<string[]> {
  const folder = receiptsDirOf(dataDir);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return texts.filter((text) => text !== '');
}

/** The text of a receipt, not verified. @throws LintelError `receipt-invalid` for a file that cannot be read */
export const readReceipt = async (file: string): Promise<string> =>
  withoutMark(
    await readFile(file, 'utf8').catch((error: unknown) => {
      throw new LintelError('receipt-invalid', `(${file} cannot be read)`, { cause: error });
    }),
  );

export const receiptText = (receipt: ErasureReceipt): string => `${JSON.stringify(receipt, null, 2)}\n`;
