import { afterAll } from "vitest";

const tasks: (() => unknown)[] = [];

// Here and not where it is needed: vitest passes over an afterAll that a hook or a test calls.
afterAll(async () => {
  for (const task of tasks.reverse()) await task();
});

/** Does something when the tests of the file that is running are over; may be called in hooks and tests. */
export function atEnd(task: () => unknown): void {
  tasks.push(task);
}
