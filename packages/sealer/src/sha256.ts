/** SHA-256 of Node, many times faster than the one that also runs in a browser. */
import type { Hash } from "@paylog/transparency/Sha256"
import { hash } from "node:crypto"

/** By way of a string: Node makes a small buffer of one in a quarter of the time in which it makes one for a hash. */
export const sha256: Hash = (data) => Buffer.from(hash("sha256", data, "binary"), "latin1")
