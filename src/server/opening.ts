import type { Log } from "../platform/logging.ts";

/**
 * Opens a part of a server.
 * @param part its name
 * @param close what closes it; it is closed before every part that was opened before it
 */
export type OpenPart = <Part>(
  part: string,
  open: () => Part | Promise<Part>,
  close?: (opened: Part) => void | Promise<void>,
) => Promise<Part>;

/** What was opened, and what closes all of it: the last part first. */
export type Opened<Server> = Server & { close(): Promise<void> };

/**
 * Opens parts one after the other. Where one cannot be opened, those before it are closed again.
 * @param beforePart called with the name of each part before it is opened; for tests, which fail there
 */
export async function openInOrder<Server extends object>(
  build: (open: OpenPart) => Promise<Server>,
  log: Pick<Log, "error">,
  beforePart: (part: string) => void = () => {},
): Promise<Opened<Server>> {
  const opened = new AsyncDisposableStack();
  const open: OpenPart = async (name, openPart, close) => {
    beforePart(name);
    const part = await openPart();
    if (close) opened.defer(() => close(part));
    return part;
  };
  try {
    return { ...(await build(open)), close: () => opened.disposeAsync() };
  } catch (cause) {
    await opened.disposeAsync().catch((failure: unknown) => {
      log.error("a part of the server could not be closed after the start failed", { cause: failure });
    });
    throw cause;
  }
}
