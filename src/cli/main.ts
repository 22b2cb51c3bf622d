#!/usr/bin/env node
import { run } from "./program.ts";

// What reads from us may have read enough (`| head`): that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

await run(process.argv.slice(2));
