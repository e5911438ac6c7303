// The two components of the style guide that only a script can show.

import { toast } from "./toast.js";

const on = (name, action) => document.querySelector(`[data-${name}]`).addEventListener("click", action);

on("show-toast", () => toast("10:00 has just been taken. Please choose another time."));
on("show-dialog", () => document.querySelector("[data-dialog]").showModal());
