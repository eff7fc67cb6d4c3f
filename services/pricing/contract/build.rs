fn main() {
    hanse_protogen::compile(&["pricing.proto"]);
}
