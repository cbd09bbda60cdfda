import { expect, test } from "vitest";
import knowledge from "../../src/knowledge/starters.json" with { type: "json" };
import { readStartCommand } from "../../src/toolchain/start-command.ts";
import { isStarter } from "../../src/toolchain/starters.ts";

const path = { value: "/opt/bin", isSure: true, isLiteral: true };

test.each(knowledge.starters)("what $name starts is followed, behind $words words of its own", ({ name, words }) => {
  const own = Array.from({ length: words }, (_, i) => `word${i}`);
  const command = ["env", "PATH=/opt/bin", "agent"];
  expect(readStartCommand([`/sbin/${name}`, "--option", ...own, "--", ...command]).paths).toEqual([path]);
  // A word too many is a program of its own, behind which everything is its arguments.
  expect(readStartCommand([`/sbin/${name}`, ...own, "other", ...command]).paths).toEqual([]);
  expect(isStarter(name)).toBe(true);
});

test.each(
  knowledge.starters.flatMap(({ name, words, values = [] }) => values.map((option) => ({ name, words, option }))),
)("$option of $name takes the next word", ({ name, words, option }) => {
  const own = Array.from({ length: words }, (_, i) => `word${i}`);
  const rest = [...own, "env", "PATH=/opt/bin", "agent"];
  expect(readStartCommand([name, option, "value", ...rest]).paths).toEqual([path]);
  expect(readStartCommand([name, `${option}=value`, ...rest]).paths).toEqual([path]);
  expect(readStartCommand([name, "--flag", "value", ...rest]).paths).toEqual([]);
});

test.each(knowledge.shells)("%s runs the text behind -c", (name) => {
  expect(readStartCommand([`/bin/${name}`, "-c", "PATH=/opt/bin exec agent"]).paths).toMatchObject([
    { value: "/opt/bin" },
  ]);
  expect(isStarter(name)).toBe(true);
});

test.each(knowledge.supervisors)("$name is a starter whose words are its own", ({ name }) => {
  expect(isStarter(name)).toBe(true);
  expect(readStartCommand([name, "env", "PATH=/opt/bin"]).paths).toEqual([]);
});

test.each(["agent", "shell", "initd", "ENV", "constructor"])("%s starts nothing", (name) => {
  expect(readStartCommand([name, "env", "PATH=/opt/bin"]).paths).toEqual([]);
  expect(isStarter(name)).toBe(false);
});
