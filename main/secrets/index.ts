export { kekProviderFrom, type KeyChoice } from './key-encryption-key.ts';
export { changeRow, readRow, writeRow, type Rows } from './secret-row.ts';
