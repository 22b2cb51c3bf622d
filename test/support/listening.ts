import { type AddressInfo, createServer, type Server } from "node:net";

/** Lets it listen on a free port of this computer, and resolves to that port. */
export async function listening(server: Server, host = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** One that nothing listens on, for a program that has to be told beforehand. Another program could take it first. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  // Of every address, so that it is free on that of "localhost" too, whichever that is.
  const port = await listening(probe, "::");
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
