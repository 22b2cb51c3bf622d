import { type AddressInfo, createServer, type Server } from "node:net";

/** Lets it listen on a free port of this computer, and resolves to that port. */
export async function listening(server: Server, host = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Below what systems give to connections and to whoever asks for any port, which is 32768 and more. */
const PORTS = { from: 20_000, to: 32_000, apart: 100 };
/** Processes that run at the same time, and number their ports from here, seldom meet. */
let next = PORTS.from + ((process.pid * PORTS.apart) % (PORTS.to - PORTS.from));

/**
 * One that nothing listens on, for a program that has to be told beforehand. It stays free for that program: nothing
 * gets it without asking for its number.
 */
export async function freePort(): Promise<number> {
  const port = next;
  next = port + 1 < PORTS.to ? port + 1 : PORTS.from;
  return (await canListen(port)) ? port : freePort();
}

/** On every address, that of "localhost" among them, whichever that is. */
async function canListen(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}
