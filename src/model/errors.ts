/**
 * A fault of the tool or of what it was given to work with (option, configuration, folder, disk), as
 * opposed to a finding about the data. `docs/errors.md` lists the codes; they are contract.
 */
export class ReadmillError extends Error {
  override readonly name = 'ReadmillError';

  /**
   * @param code stable code, `READMILL_...`
   * @param message what is wrong, where, and what to do about it; one or two sentences for a person
   */
  constructor(
    readonly code: `READMILL_${string}`,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The message of anything thrown, for a sentence that explains what went wrong. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a system error (`ENOSPC`, `EACCES` ...) or of a ReadmillError, else an empty string. */
export function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whether a write failed for want of room. The ledger's library has no code for it, only the system's text. */
export function isDiskFull(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return (
    ['ENOSPC', 'EDQUOT', 'READMILL_DISK_FULL'].includes(code) ||
    /No space left on device/.test(messageOf(thrown))
  );
}

/** The error that a full disk ends a command with. */
export function diskFullError(thrown: unknown): ReadmillError {
  const message = `The disk is full: ${messageOf(thrown)}. Nothing is lost. Make room, then run the same command again: it goes on where it was.`;
  return new ReadmillError('READMILL_DISK_FULL', message, { cause: thrown });
}
