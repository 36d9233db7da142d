/** Runs work when its turn comes: at most so much at a time, in the order in which it was handed over. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

export function openLane(atATime: number): Lane {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atATime) await new Promise<void>((resolve) => queue.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // Its place goes to the next in the queue, or becomes free.
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
