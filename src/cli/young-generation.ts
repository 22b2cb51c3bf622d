import { setFlagsFromString } from "node:v8";

// What a start loads survives, and for each such survival V8 doubles its young generation: to 30 MB, of which a server that waits uses
// nothing. A library may not set this for its process; a command may. Decision 0057.

/** Keeps V8's young generation as small as it is: called before most is loaded, since what has grown stays. */
export function holdYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Lets it grow again, by V8's own factor and to the size that Node was given: under load, a small one costs a third more CPU. */
export function releaseYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
}
