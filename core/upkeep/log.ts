/** What is said about upkeep, and where; pino's loggers are such. */
export interface Log {
  info(what: object, message: string): void;
  error(what: object, message: string): void;
  fatal(what: object, message: string): void;
}
