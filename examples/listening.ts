import { once } from "node:events";
import { ConfigurationError } from "mcp-gatehouse";

/**
 * Waits until a server listens.
 * @throws ConfigurationError where its port cannot be opened: the operator can mend that, and needs no stack trace
 */
export async function listening(server: NodeJS.EventEmitter): Promise<void> {
  await once(server, "listening").catch(
    ({ code, port }: { readonly code: string; readonly port: number }) => {
      throw new ConfigurationError(
        code === "EADDRINUSE"
          ? `Port ${port} is already in use. Stop the other program, or set another PORT.`
          : `Port ${port} cannot be opened (${code}). Set another PORT.`,
      );
    },
  );
}
