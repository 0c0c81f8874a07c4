/** The encrypted file of a store, for those who copy it as a whole. */
export { makeDataFolder } from '../disk/data-folder.ts';
export { errorCode, makeFolder, syncDirectory } from '../disk/files.ts';
export { asErrorIn, unwritable } from '../disk/unwritable.ts';
export { DATA_KEY_BYTES, writeSealedKey } from '../keys/sealed-key.ts';
export { migrate, schemaVersion } from '../migrations/migrate.ts';
export { copyDatabase, lockExclusively, rekey } from './copy.ts';
export { connect, connectToLook, openDatabase } from './database.ts';
export { readPages } from './pages.ts';
export { filesOf, REPLACED, withDataKey } from './place.ts';
