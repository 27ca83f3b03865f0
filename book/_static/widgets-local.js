// Loaded between require.js and embed-amd.js: widgets come from this site, never from a CDN.
(function () {
  var base = document.currentScript.src.replace(/\/[^\/]*$/, "");
  requirejs.config({ paths: { anywidget: base + "/anywidget" } });
})();
