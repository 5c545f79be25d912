export type RefusalCode =
  'invalid' | 'unauthorized' | 'not_found' | 'unknown_target' | 'unknown_slot' | 'in_use' | 'port_taken';

/** A request that the admin API does not carry out; nothing has changed. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;

  constructor(status: number, code: RefusalCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}
