/**
 * The little that this package asks of a logger; a pino logger fits as it is.
 *
 * @module
 */
export interface JobLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
