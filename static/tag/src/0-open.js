// The tag: page views, events and identities of one site. `make tag` joins the files of this folder in
// the order of their numbers; the portal appends the counter's settings as the argument (apps/counters/tag.py).
(function (settings) {
const script = document.currentScript;
if (window._goalline) return window._goalline(settings, script); // another counter of this page has brought the code
