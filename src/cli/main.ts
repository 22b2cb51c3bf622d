#!/usr/bin/env node
// First of all: what is imported later needs the SQLite and the argon2 that Node 24.7 brings.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 7)) {
  process.stderr.write(
    `gatehouse: Gatehouse needs Node 24.7 or newer; this is Node ${process.versions.node}.\n`,
  );
  process.exit(1);
}

// What reads from us may have read enough (`| head`): that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const { run } = await import("./program.ts");
await run(process.argv.slice(2));
