// Usage: node make-hostile.mjs FOLDER
import { makeHostileShare } from "./hostile.mjs";
makeHostileShare(process.argv[2]);
