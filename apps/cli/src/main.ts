/** `paylog`: the command line of operators and auditors. */
export {}
