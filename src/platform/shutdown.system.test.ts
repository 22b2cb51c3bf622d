import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";

const MODULE = JSON.stringify(join(import.meta.dirname, "shutdown.ts"));

/** A program that stays until it is told to stop, with these lines at its start. */
async function program(lines: string): Promise<{ child: ChildProcess; said: () => string }> {
  const source = `import { onShutdownSignal } from ${MODULE};
    import { setTimeout as sleep } from "node:timers/promises";
    setInterval(() => {}, 1000);
    ${lines}
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", source], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  while (!said.includes("ready")) await once(child.stdout, "data");
  return { child, said: () => said };
}

async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  return [child.exitCode, child.signalCode];
}

describe.concurrent("a signal", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "%s drains every server of the process and exits with 0",
    async (signal) => {
      const { child, said } = await program(
        `for (const name of ["one", "two"]) onShutdownSignal(async () => { await sleep(50); console.log(name, "drained"); });`,
      );
      child.kill(signal);
      expect(await ended(child)).toEqual([0, null]);
      expect(said()).toContain("one drained\ntwo drained");
    },
  );

  it("that npm repeats does not kill the drain, which has stopped listening for it by then", async () => {
    const { child, said } = await program(
      `const ignore = onShutdownSignal(async () => { ignore(); console.log("draining"); await sleep(300); console.log("drained"); });`,
    );
    child.kill("SIGTERM");
    while (!said().includes("draining")) await once(child.stdout ?? child, "data");
    child.kill("SIGTERM");
    child.kill("SIGINT");
    expect(await ended(child)).toEqual([0, null]);
    expect(said()).toContain("drained");
  });

  it("that comes again later does not wait for the drain", async () => {
    const { child, said } = await program(
      `onShutdownSignal(async () => { await sleep(4000); console.log("drained"); });`,
    );
    child.kill("SIGTERM");
    await sleep(700);
    child.kill("SIGTERM");
    expect(await ended(child)).toEqual([1, null]);
    expect(said()).not.toContain("drained");
  });

  it("ends the process though the drain hangs or fails", async () => {
    const hanging = await program("onShutdownSignal(() => new Promise(() => {}));");
    const failing = await program(`onShutdownSignal(() => Promise.reject("no"));`);
    for (const { child } of [hanging, failing]) child.kill("SIGTERM");
    expect(await ended(failing.child)).toEqual([1, null]);
    expect(await ended(hanging.child)).toEqual([1, null]);
  });

  it("is the program's own again once nobody waits for it", async () => {
    const { child } = await program("onShutdownSignal(async () => {})();");
    child.kill("SIGTERM");
    expect(await ended(child)).toEqual([null, "SIGTERM"]);
  });
});
