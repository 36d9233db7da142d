/**
 * An error on its way from a worker thread: messages between threads keep of an error its text alone, and
 * what is done about a system error hangs on its code.
 */
export interface CarriedError {
  carriedError: true;
  message: string;
  code: unknown;
  syscall: unknown;
  stack: string | undefined;
}

/** Wraps a worker's task: what it throws is returned, for `orThrow` on the other side. */
export function carryingErrors<T, R>(
  task: (input: T) => R | Promise<R>,
): (input: T) => Promise<R | CarriedError> {
  return async (input) => {
    try {
      return await task(input);
    } catch (thrown) {
      const { message, code, syscall, stack } = thrown as NodeJS.ErrnoException;
      return { carriedError: true, message: message ?? String(thrown), code, syscall, stack };
    }
  };
}

/** The result of a worker's task. @throws what the task threw, with its code and system call */
export function orThrow<R>(result: R | CarriedError): R {
  if (!isCarried(result)) return result;
  const { message, code, syscall, stack } = result;
  throw Object.assign(new Error(message), { code, syscall, stack });
}

function isCarried(result: unknown): result is CarriedError {
  return typeof result === 'object' && result !== null && 'carriedError' in result;
}
