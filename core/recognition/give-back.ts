/**
 * Give the memory of an array back at once, if it has all of it to itself. Pictures are megabytes: left to the garbage
 * collector, a few of them make it look through everything, which takes a quarter of the time of a busy server. The caller
 * may not use the array, or another one on the same memory, any more.
 */
export function giveBack({ buffer, byteLength }: Uint8Array | Float32Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
