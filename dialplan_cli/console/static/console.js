// The pages work without this script; it adds convenience.
"use strict";
