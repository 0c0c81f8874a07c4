/** The package has the interface of better-sqlite3, but its own declarations cannot be reached through its exports. */
declare module 'better-sqlite3-multiple-ciphers' {
  import Database = require('better-sqlite3');
  export = Database;
}
