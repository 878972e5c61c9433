import { tmpdir } from "node:os"
import { join } from "node:path"

/** The environment of a program that is started often: what it compiles to is kept between starts, which take little more than half the time. */
export const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), "paylog-compile-cache") }
