/**
 * How much room there is for requests without a token. Whoever sends them can't be told apart but by their address, which
 * hosted clients share, so no address may be allowed little from the start, and none may take what is there for all.
 */
export type PublicRoom = {
  /**
   * Counts a request, and has it stay until `leave` is called.
   * @param address of the sender, where it is known
   */
  enter(address: string | undefined): Promise<Entered | Full>;
  /** Counts so many more, for one request that brings several. Returns 0, or the seconds until there is room. */
  count(address: string | undefined, requests: number): Promise<number>;
};

/** Leaving twice counts once. */
export type Entered = { readonly leave: () => void };
export type Full = { readonly waitSeconds: number };
